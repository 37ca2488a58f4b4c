"""The outlines of the icons, drawn by us on a 24 × 24 grid; strokes take the colour of the text."""

from __future__ import annotations

from collections.abc import Mapping

ICONS: Mapping[str, str] = {
    "arrow-right": "M5 12h14M13 6l6 6-6 6",
    "bell": "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
    "building": "M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3",
    "calendar": "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
    "chain": "M4 5h7v5H4zM13 14h7v5h-7zM7.5 10v6.5H13M14 7.5h6",
    "chart": "M4 4v16h16M8 15l4-5 3 3 5-7",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "chevron": "M9 6l6 6-6 6",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.5 2",
    "close": "M6 6l12 12M18 6L6 18",
    "database": "M5 6c0-1.7 3.1-3 7-3s7 1.3 7 3-3.1 3-7 3-7-1.3-7-3z"
    "M5 6v12c0 1.7 3.1 3 7 3s7-1.3 7-3V6"
    "M5 12c0 1.7 3.1 3 7 3s7-1.3 7-3",
    "download": "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
    "edit": "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
    "error": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9l6 6M15 9l-6 6",
    "external": "M14 5h5v5M19 5l-8 8M11 6H5v13h13v-6",
    "factory": "M3 21V10l6 4v-4l6 4V4h4v17zM8 17h2M13 17h2",
    "file": "M6 3h8l5 5v13H6zM14 3v5h5",
    "filter": "M4 5h16l-6 8v6l-4-2v-4z",
    "fit": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    "gap": "M4 6h6v5H4zM14 6h6M14 9h6M4 17h6M14 15h6v5h-6zM4 14h3",
    "home": "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-6h4v6",
    "info": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.5v.01",
    "key": "M15 4a5 5 0 1 1-4.6 7L4 17.5V20h3v-2h2v-2h1.5l1.6-1.6M16 8.5v.01",
    "keyboard": "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8",
    "land": "M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14",
    "language": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18"
    "M12 3c-3 3-3 15 0 18",
    "list": "M9 6h11M9 12h11M9 18h11M4.5 6v.01M4.5 12v.01M4.5 18v.01",
    "lock": "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
    "logout": "M14 5H5v14h9M10 12h11M17 8l4 4-4 4",
    "map": "M3 5h18M3 12h12M3 19h8M18 12h3M14 19h7",
    "market": "M5 9h14l-1 11H6zM9 9V7a3 3 0 0 1 6 0v2",
    "menu": "M4 6h16M4 12h16M4 18h16",
    "minus": "M5 12h14",
    "moon": "M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z",
    "people": "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM3 20a6 6 0 0 1 12 0M16 5.5a3 3 0 0 1 0 5.5"
    "M18 14.5a6 6 0 0 1 3 5.5",
    "plus": "M12 5v14M5 12h14",
    "policy": "M6 3h12v18l-6-3-6 3zM9 8h6M9 12h6",
    "print": "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z",
    "question": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z"
    "M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7M12 17v.01",
    "refresh": "M20 11a8 8 0 1 0-.5 4M20 5v6h-6",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
    "settings": "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
    "shield": "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
    "success": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12.5l3 3 5.5-6",
    "sun": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5"
    "M17.5 17.5L19 19"
    "M19 5l-1.5 1.5M6.5 17.5L5 19",
    "table": "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
    "upload": "M12 16V5M7.5 9L12 4.5 16.5 9M5 20h14",
    "user": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20a8 8 0 0 1 16 0",
    "warning": "M12 4l9 16H3zM12 10v5M12 17.5v.01",
}
