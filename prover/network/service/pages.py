"""The OpenAPI document, and the page /docs: the same for people to read.

The page is complete in itself: no script, no picture and nothing of anybody else's is fetched, so nobody else learns
who reads it.
"""

import json
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

router = APIRouter()

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-size:15px}dt{margin-top:.3rem}h2{margin-top:2.5rem}h3{margin-bottom:.2rem}p{margin:.2rem 0}"
    "table{border-collapse:collapse}td{padding:0 1rem 0 0;vertical-align:top}"
)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """All routes, and what they answer, for programs."""
    return Response(_pages(request.app)[0], media_type="application/json")


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """All routes, and what they answer."""
    return HTMLResponse(_pages(request.app)[1], headers={"Content-Security-Policy": POLICY})


def _pages(app: FastAPI) -> tuple[bytes, str]:
    """The document, and the page of it, which are made once: that takes a tenth of a second."""
    if not hasattr(app.state, "pages"):
        document = app.openapi()
        app.state.pages = json.dumps(document).encode(), page(document)
    pages: tuple[bytes, str] = app.state.pages
    return pages


def page(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    info, by_tag = document["info"], dict[str, list[str]]()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(method.upper(), path, operation))
    sections = "".join(f"<h2>{escape(tag.capitalize())}</h2>{''.join(parts)}" for tag, parts in by_tag.items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])}</title>"
        f"<style>{_STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])} For programs: <a href=/openapi.json>/openapi.json</a>.</p>"
        f"{sections}</html>\n"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    bodies = ", ".join(operation.get("requestBody", {}).get("content", {}))
    takes = f"<p>Takes <code>{escape(bodies)}</code>.</p>" if bodies else ""
    rows = "".join(_answer(status, response) for status, response in operation["responses"].items())
    return (
        f"<h3><code>{method} {escape(path)}</code></h3><p>{escape(operation['summary'])}."
        f" {escape(operation.get('description', ''))}</p>{takes}<table>{rows}</table>"
    )


def _answer(status: str, response: dict[str, Any]) -> str:
    media = ", ".join(response.get("content", {}))
    return f"<tr><td>{status}<td>{escape(response['description'])}<td><code>{escape(media)}</code>"
