"""Official rules as data: what a firm is entitled to, why, and what becomes of it in money."""
