"""What the API document shows; tests load each example through its schema."""

from typing import Any

ADDRESS = "/attachments/5e0f6a0e-8a3c-4a8e-9d0e-0f6f3c5f9f52/pump-room.png"
ATTACHMENT: dict[str, Any] = {
    "id": "5e0f6a0e-8a3c-4a8e-9d0e-0f6f3c5f9f52",
    "name": "Pump room.png",
    "url": ADDRESS,
    "markdown": f"![Pump room.png]({ADDRESS})",
    "media_type": "image/png",
    "size": 48213,
}
