"""Every page there is, as a curator of `tests.browser.stock` reaches it. A new page gets its address here."""

from tests.browser.stock import COPY, Stock

# By what people do there. {receipt} and {run} are ids of the stock.
PAGES = {
    "reading": ("/", "/library", "/library?q=tag:1&view=cards", "/library/1", "/library/2", "/nowhere"),
    "searching": (
        "/library/filters",
        "/library?q=status:publishd",
        "/searches",
        "/searches/1",
        "/searches/gaps",
        "/keys",
        "/graphql",
    ),
    "writing": (
        "/library/new",
        f"/library/new?copy={COPY}",
        "/library/1/edit",
        "/library/templates",
        "/library/templates/1",
    ),
    "history": (
        "/library/1/history",
        "/library/1/history/1",
        "/library/1/history/2",
        "/library/1/history/1/restore",
        "/acts",
        "/acts/{receipt}",
    ),
    "vocabulary": (
        "/library/categories",
        "/library/categories/1",
        "/library/categories/suggested-merges",
        "/library/tags",
        "/library/tags/1",
        "/library/tags/suggested-merges",
    ),
    "trash": ("/library/trash", "/library/trash/{trashed}", "/library/trash/{trashed}/purge", "/library/trash/empty"),
    "files": ("/library/import", "/library/import/{run}", "/library/export"),
    "people": ("/admin/users", "/admin/users/1", "/admin/tokens", "/admin/audit"),
    "account": ("/profile", "/profile/devices", "/profile/tokens", "/profile/second-factor"),
}
# No pages of their own, or looked at where one gets to them (`test_accessibility`, `test_journeys`).
ELSEWHERE = {
    "capture_fragments.similar",
    "exporting.download",
    "forgotten.ask",
    "insight.markdown",
    "links.ask",
    "oidc.callback",
    "oidc.sign_in",
    "signing_in.ask",
    "signing_in.begin_again",
    "working_copies.get",
}


def addresses(group: str, stock: Stock) -> list[str]:
    """Of one group, as they are in this stock."""
    given = {"receipt": stock.receipts[0], "run": stock.runs[0], "trashed": len(stock.texts)}
    return [path.format(**given) for path in PAGES[group]]
