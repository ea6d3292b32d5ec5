"""What each party can learn from what it sees: bundles by their public data, classifiers, and README's table."""
