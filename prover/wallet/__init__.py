"""What a trader owns: keys from a seed phrase, addresses, sealed openings and terms, the encrypted file, syncing."""
