from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise.article_urls import is_article_url

ARTICLES = """
https://post.example/world/2026/11/02/river-floods-three-towns
https://post.example/2026/11/02/river-floods-three-towns/
https://post.example/2026/11/river-floods-three-towns/
https://post.example/2026/nov/02/river-floods-three-towns
https://post.example/news/2026-11-02/river-floods-three-towns
https://post.example/news/20261102/river-floods
https://post.example/river-floods-three-towns-after-night-of-rain
https://post.example/river-floods-three-towns-after-night-of-rain/
https://post.example/river-floods-three-towns-after-night-of-rain.html
https://post.example/news/world-europe-68123456
https://post.example/news/articles/c4g5h6j7k8lo
https://post.example/news/uk-england-12345678
https://post.example/sport/football/68123456
https://post.example/article/us-economy-rates-idUSKBN2AB1CD
https://post.example/world/europe/river-floods-three-towns-2026-11-02/
https://post.example/story/news/local/2026/11/02/river-floods/71234567/
https://post.example/2026/11/02/world/europe/river-floods.html
https://post.example/2026/11/02/opinion/floods-and-dams.html
https://post.example/news/story.php?id=123456
https://post.example/index.php?id=4711
https://post.example/?p=4711
https://post.example/news/view.asp?newsid=99812
https://post.example/news/articleView.html?idxno=123456
https://post.example/site/view/?id=2026110200123
https://post.example/article.aspx?articleid=55120
https://post.example/article/123456
https://post.example/article/123456/river-floods-towns
https://post.example/articles/1234567-river-floods
https://post.example/a/123456789
https://post.example/news/8f14e45f-ceea-467f-9c3b-1a2b3c4d5e6f
https://post.example/news/river-floods-8f14e45fceea
https://post.example/amp/news/river-floods-three-towns-again
https://post.example/news/river-floods-three-towns-again/amp
https://post.example/tag/weather/2026/11/02/river-floods-three-towns
https://post.example/politik/deutschland/hochwasser-am-fluss-drei-orte-evakuiert-a-8f14e45f-ceea-467f-9c3b-1a2b3c4d5e6f
https://post.example/panorama/hochwasser-drei-orte-unter-wasser-li.2345678
https://post.example/wirtschaft/artikel/bank-hebt-zinsen-102.html
https://post.example/regional/hochwasser-nach-dem-regen-19876543.html
https://post.example/wirtschaft/bank-hebt-die-zinsen-1.6543210
https://post.example/international/article/2026/11/02/la-riviere-inonde-trois-villes_6123456_3210.html
https://post.example/monde/la-riviere-inonde-trois-villes-20261102
https://post.example/actualites/trois-villes-sous-les-eaux-1234567.php
https://post.example/internacional/2026-11-02/el-rio-inunda-tres-pueblos.html
https://post.example/noticias/el-rio-inunda-tres-pueblos-nid02112026/
https://post.example/deportes/2026/11/02/el-equipo-gana-en-casa/
https://post.example/economia/noticia/2026/11/02/banco-central-eleva-juros.ghtml
https://post.example/mundo/2026/11/enchente-atinge-tres-cidades.shtml
https://post.example/cronaca/26_novembre_02/fiume-esonda-tre-paesi-8f14e45f-ceea-467f-9c3b-1a2b3c4d5e6f.shtml
https://post.example/esteri/2026/11/02/news/fiume_esonda_tre_paesi-423456789/
https://post.example/nieuws/binnenland/artikel/5412345/rivier-overstroomt-dorpen
https://post.example/nyheter/inrikes/floden-svammar-over-tre-stader
https://post.example/innenriks/i/AbC1d2/elva-flommer-over-tre-byer
https://post.example/uutiset/art-2000012345678.html
https://post.example/wiadomosci/rzeka-zalala-trzy-miasta/abc1def
https://post.example/domaci/reka-zaplavila-tri-mesta_2611021234_jan
https://post.example/gundem/nehir-uc-kasabayi-su-altinda-birakti-42345678
https://post.example/haber/nehir-tasti-123456
https://post.example/news/2026/11/02/67123456
https://post.example/politics/02/11/2026/67a1b2c39a794712345678ab
https://post.example/текст/река-затопила-три-города
https://post.example/obshchestvo/reka-zatopila-tri-goroda-2026.html
https://post.example/%D9%81%D9%8A%D8%B6%D8%A7%D9%86-%D8%A7%D9%84%D9%86%D9%87%D8%B1-%D9%8A%D8%BA%D9%85%D8%B1-%D8%AB%D9%84%D8%A7%D8%AB-%D9%85%D8%AF%D9%86
https://post.example/arabic/middleeast-67123456
https://post.example/news/%E6%B4%AA%E6%B0%B4%E6%B7%B9%E6%B2%92%E4%B8%89%E5%80%8B%E5%9F%8E%E9%8E%AE
https://post.example/n1/2026/1102/c1001-40123456.html
https://post.example/2026-11-02/doc-iabcdef1234567.shtml
https://post.example/articles/ASR1234567890ABCD.html
https://post.example/news/html/20261102/k10014567890000.html
https://post.example/article/20261102000123
https://post.example/view/AKR20261102000100001
https://post.example/hindi/national/nadi-mein-baadh-se-teen-shahar-dube-123456.html
https://post.example/city/river-floods-three-towns/articleshow/104123456.cms
https://post.example/news/national/river-floods/article67123456.ece
https://post.example/read/2026/11/02/12345678/banjir-melanda-tiga-kota
https://post.example/berita/d-7123456/banjir-melanda-tiga-kota
https://post.example/lu-lut-nhan-chim-ba-thi-tran-4671234.html
https://post.example/blog/the-river-that-would-not-wait
https://post.example/video/2026/11/02/river-floods-three-towns
https://post.example/live/2026/nov/02/floods-latest-updates-rain
https://post.example/opinion/why-the-dams-failed-us
https://post.example/sport/live/football-city-united-report-67123456
https://post.example/magazine/2026/12/the-long-rain/675432/
https://post.example/p/the-river-rose-again-last-night
https://post.example/politik/deutschland/2026-11/hochwasser-drei-orte
https://post.example/7,114883,31234567,rzeka-zalala-trzy-miasta.html
https://post.example/en/river-floods/a-71234567
https://post.example/articulo/2026/11/02/actualidad/1762088000_123456.html
https://post.example/nachrichten/regional/hochwasser-drei-orte,AbCdE12
https://post.example/index.php/2026/11/02/river-floods
https://post.example/index.php?id=4712
https://post.example/news/story/20261102-OYT1T50123/
https://post.example/articles/-/123456
https://post.example/world/river-floods-three-towns-again/index.html
""".strip().splitlines()

OTHERS = """
https://post.example
https://post.example/
https://post.example/world
https://post.example/world/
https://post.example/world/europe
https://post.example/sport/football/
https://post.example/news/uk-england
https://post.example/index.html
https://post.example/world/index.html
https://post.example/tag/floods
https://post.example/tags/river-floods-in-three-towns
https://post.example/topic/climate-change-and-the-rivers
https://post.example/thema/hochwasser-in-den-alpen-heute
https://post.example/sujet/les-inondations-dans-le-sud
https://post.example/author/ada-brook
https://post.example/author/ada-mary-brook-smith
https://post.example/autor/jan-peter-van-der-berg-1234567/
https://post.example/by/ada-brook
https://post.example/profile/adabrook
https://post.example/category/local-news
https://post.example/category/news/page/12
https://post.example/news/page/2
https://post.example/news/page-2
https://post.example/nachrichten/seite/3
https://post.example/archive
https://post.example/archive/2026/11
https://post.example/2026
https://post.example/2026/11
https://post.example/2026/11/02
https://post.example/2026/11/02/
https://post.example/news/2026/11/02/
https://post.example/world/2026-11-02
https://post.example/search?q=river
https://post.example/suche/?suchbegriff=hochwasser
https://post.example/login?next=/news/1234567
https://post.example/account/register
https://post.example/subscribe
https://post.example/abo/angebote-fuer-neue-leser-hier
https://post.example/newsletter
https://post.example/newsletters/morning-news-in-your-inbox
https://post.example/about-us
https://post.example/contact
https://post.example/impressum
https://post.example/privacy-policy
https://post.example/datenschutz
https://post.example/terms-of-service
https://post.example/help/faq
https://post.example/jobs
https://post.example/advertise
https://post.example/rss
https://post.example/rss.xml
https://post.example/feed/
https://post.example/river-floods-three-towns-after-rain/feed/
https://post.example/feeds/world.xml
https://post.example/sitemap.xml
https://post.example/wp-content/uploads/2026/11/river-floods-three-towns.jpg
https://post.example/media/2026/11/02/river-floods-three-towns.mp4
https://post.example/docs/report-on-the-river-floods-2026.pdf
https://post.example/images/12345678.webp
https://post.example/static/js/app.8f14e45fceea.js
https://post.example/wp-json/wp/v2/posts/123456
https://post.example/weather
https://post.example/weather/forecast-for-the-river-valley
https://post.example/wetter/vorhersage-fuer-die-naechsten-tage
https://post.example/horoscope/what-the-stars-say-today
https://post.example/puzzles/crossword-for-the-second-of-november
https://post.example/games
https://post.example/epaper
https://post.example/live-tv
https://post.example/podcasts
https://post.example/shop/cart
https://post.example/en
https://post.example/de/politik
https://post.example/pt-br
https://post.example/news?page=2
https://post.example/?lang=en
https://post.example/?utm_source=feed
https://post.example/noticias/
https://post.example/nieuws/binnenland
https://post.example/новости/
https://post.example/%E6%96%B0%E8%81%9E/
https://post.example/us-news
https://post.example/arts-and-culture
https://post.example/section/sport/
https://post.example/etiquetas/rio-en-los-pueblos-del-sur
https://post.example/onderwerp/rivier-in-drie-dorpen
https://post.example/mot-cle/riviere-et-inondation-dans-le-sud
https://post.example/argomento/fiume-in-piena-al-sud
https://post.example/avtor/ivan-petrov-syn-ivana
https://post.example/yazarlar/jan-brook-smith-1234567
https://post.example/world/river-floods-three-towns-again/comments
https://post.example/index.php?page=12
https://post.example/2026/11/02/index.html
https://post.example/cdn-cgi/l/email-protection
https://post.example/world-cup-2026
https://post.example/robots.txt
mailto:desk@post.example
ftp://post.example/2026/11/02/river-floods-three-towns
javascript:void(0)
/2026/11/02/river-floods-three-towns
post.example/2026/11/02/river-floods-three-towns
http://[::1/2026/11/02/river-floods-three-towns
""".strip().splitlines()


def test_the_tables_are_long_enough_to_mean_something() -> None:
    assert len(ARTICLES) >= 80
    assert len(OTHERS) >= 80


@pytest.mark.parametrize("url", ARTICLES)
def test_articles_are_known_by_their_url(url: str) -> None:
    assert is_article_url(url)


@pytest.mark.parametrize("url", OTHERS)
def test_what_is_no_article_is_not_taken_for_one(url: str) -> None:
    assert not is_article_url(url)


@pytest.mark.parametrize(
    ("list_url", "article_url"),
    [
        ("https://post.example/tag/river-floods-in-three-towns", "https://post.example/world/river-floods-in-three-towns"),
        ("https://post.example/2026/11/02", "https://post.example/2026/11/02/river-floods"),
        ("https://post.example/show.php?id=news", "https://post.example/show.php?id=4711"),
        ("https://post.example/2026/11/02/floods.jpg", "https://post.example/2026/11/02/floods.html"),
        ("https://post.example/floods-in-towns", "https://post.example/floods-in-three-towns"),
        ("https://post.example/world-1234", "https://post.example/world-12345"),
    ],
)
def test_one_sign_makes_the_difference(list_url: str, article_url: str) -> None:
    assert (is_article_url(list_url), is_article_url(article_url)) == (False, True)


@given(st.text(max_size=120))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    for url in (
        text,
        f"https://post.example/{text}",
        f"https://{text}/2026/11/02/river-floods-three-towns",
        f"https://post.example/?{text}",
    ):
        assert is_article_url(url) in {True, False}


@given(st.sampled_from(ARTICLES + OTHERS), st.sampled_from(["m.post.example", "www.zeitung.example:8443", "xn--bcher-kva.example"]))
def test_the_host_says_nothing(url: str, host: str) -> None:
    assert is_article_url(url.replace("post.example", host)) == is_article_url(url)


@given(
    st.sampled_from([url for url in ARTICLES + OTHERS if url.startswith("http")]), st.sampled_from(["#comments", "#", "#2026/11/02/x-y"])
)
def test_a_fragment_says_nothing(url: str, fragment: str) -> None:
    assert is_article_url(url + fragment) == is_article_url(url)
