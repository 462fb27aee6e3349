"""A browser's description of itself, as people would say it."""

# The first word that is found counts: most browsers also name those that they resemble.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device_name(user_agent: str | None) -> str:
    """``Firefox on Windows``; as much of it as is known."""
    agent = user_agent or ""
    browser = next((name for word, name in BROWSERS.items() if word in agent), None)
    system = next((name for word, name in SYSTEMS.items() if word in agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"
