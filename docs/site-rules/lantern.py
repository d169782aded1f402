"""What selectors cannot say: the paper prints its dates in words, and letters to the editor have no author of ours."""

MONTHS = "January February March April May June July August September October November December".split()
DAYS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


def read(page):
    """The fields to override, from a BeautifulSoup of the page."""
    words = page.select_one("div.c5").get_text().split()
    day, month, year = DAYS[words[3]], MONTHS.index(words[5]) + 1, words[6]
    for shop in page.select("div.c8"):
        shop.decompose()
    return {
        "published": f"{year}-{month:02}-{day:02}",
        "authors": [name.get_text() for name in page.select("div.c4 b")],
        "body": page.select_one("div.c7"),
    }
