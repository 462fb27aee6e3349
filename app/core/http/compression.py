"""Pages and built files, sent compressed to whoever takes that.

Answers for programs are not: their ETags name the bytes that are sent.
"""

import gzip
import mimetypes
from pathlib import Path

from flask import Flask, Response, current_app, request, send_from_directory
from werkzeug.security import safe_join

GZIP = "gzip"
LEVEL = 6
SMALLEST = 1_000  # bytes: below, a packet holds it either way
# How a page is asked for by our own pages and by people. What another site has asked for is not compressed: from the
# lengths of such answers somebody on the wire could guess what the page says beside the text of that address (BREACH).
OWN_ASKING = frozenset({None, "same-origin", "none"})


def compress(app: Flask) -> None:
    """Compress pages, and send built files as the build compressed them."""
    app.after_request(_compress_page)
    app.view_functions["static"] = _built_file


def _compress_page(response: Response) -> Response:
    if response.mimetype != "text/html" or response.is_streamed:
        return response
    response.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
    body = response.get_data()
    if len(body) >= SMALLEST and _is_taken() and request.headers.get("Sec-Fetch-Site") in OWN_ASKING:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.content_encoding = GZIP
    return response


def _built_file(filename: str) -> Response:
    folder = str(current_app.static_folder)
    compressed = safe_join(folder, f"{filename}.gz")
    if not compressed or not Path(compressed).is_file():
        return current_app.send_static_file(filename)
    if not _is_taken():
        response = current_app.send_static_file(filename)
    else:
        response = send_from_directory(folder, f"{filename}.gz", mimetype=mimetypes.guess_type(filename)[0])
        response.content_encoding = GZIP
    response.vary.add("Accept-Encoding")
    return response


def _is_taken() -> bool:
    return request.accept_encodings[GZIP] > 0
