"""Who may do what. Until the hosting issue there is one way, `local`: one person on this machine."""

from typing import Protocol
from urllib.parse import urlsplit

LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}
FORWARDING_HEADERS = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Real-Ip",
    "X-Client-Ip",
    "X-Original-Host",
    "Cf-Connecting-Ip",
    "True-Client-Ip",
)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Headers(Protocol):
    """The headers of a request, asked by name."""

    def get(self, name: str, /) -> str | None: ...


def refusal(method: str, headers: Headers) -> str | None:
    """Why a request isn't answered under `local` access, as a sentence; None when it is.

    Host must be this machine's own name: a page elsewhere that points its name at 127.0.0.1 (DNS
    rebinding) keeps its own name in Host. A forwarding header means that a proxy passes on somebody
    else's request. A browser says where a changing request comes from in Sec-Fetch-Site or Origin;
    a script that sends neither is no browser and passes.
    """
    host = headers.get("Host") or ""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if name not in LOCAL_NAMES:
        return (
            f"Blastoscope answers only on this machine (BLASTOSCOPE_ACCESS=local): "
            f"the request is for {host[:100]!r}, not for localhost."
        )
    for header in FORWARDING_HEADERS:
        if headers.get(header) is not None:
            return (
                "Blastoscope answers only on this machine (BLASTOSCOPE_ACCESS=local): "
                f"the request came through a proxy (it carries {header})."
            )
    if method in SAFE_METHODS:
        return None
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return f"A page of another site may not change anything here (Sec-Fetch-Site: {site[:40]})."
    origin = headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return f"A page of another site may not change anything here (Origin: {origin[:100]})."
    return None
