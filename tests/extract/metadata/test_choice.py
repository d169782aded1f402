from __future__ import annotations

import pytest

from ingest.extract.metadata import Metadata, choose
from ingest.extract.metadata.language import choose_language, detect_language, primary_tag
from ingest.model import FieldCandidate, Precision, SourceRules, ZoneFrom

URL = "https://www.herald.example/city/a"


def chosen(field: str, *offers: tuple[str, str], url: str | None = URL, rules: SourceRules = SourceRules()) -> Metadata:
    candidates = {field: tuple(FieldCandidate(origin, value) for origin, value in offers)}
    return choose(candidates, page_url=url, rules=rules, detected_language=None)


@pytest.mark.parametrize(
    ("offers", "title"),
    [
        # a site's name at either end goes, by the host or by another candidate that lacks it
        ([("title", "Bridge closes for repairs | Herald")], "Bridge closes for repairs"),
        ([("title", "Herald.example - Bridge closes for repairs")], "Bridge closes for repairs"),
        ([("title", "Bridge closes for repairs – City – The Herald")], "Bridge closes for repairs – City"),
        ([("meta:og:title", "Bridge closes for repairs - Bote"), ("h1", "Bridge closes for repairs")], "Bridge closes for repairs"),
        ([("meta:og:title", "Bridge closes - again - for repairs")], "Bridge closes - again - for repairs"),
        # the logo is no headline
        ([("h1", "The Herald"), ("h1", "Bridge closes")], "Bridge closes"),
        ([("title", "Bridge closes for repairs"), ("h1", "Today's edition")], "Bridge closes for repairs"),
        ([("title", "Harbour | Bridge closes"), ("h1", "Bridge closes at last")], "Bridge closes at last"),
        # two witnesses beat one
        ([("jsonld:headline", "B"), ("meta:og:title", "A"), ("h1", "A")], "A"),
        ([("jsonld:headline", "A"), ("meta:og:title", "A"), ("h1", "Kicker A")], "A"),
        ([("jsonld:headline", "A"), ("meta:og:title", "B"), ("meta:twitter:title", "A"), ("h1", "A")], "A"),
        # a teaser written for social media is no headline; the headline without its keywords is
        ([("jsonld:headline", "Bridge closes"), ("meta:og:title", "You won't believe this"), ("h1", "Bridge closes")], "Bridge closes"),
        (
[
                ("jsonld:headline", "Harbour: Bridge closes for repairs"),
                ("meta:og:title", "Bridge closes for repairs"),
                ("h1", "Harbour: Bridge closes for repairs"),
            ],
            "Bridge closes for repairs",
        ),
        # a kicker that only the title for sharing carries goes
        ([("jsonld:headline", "Bridge closes"), ("meta:og:title", "Harbour | Bridge closes"), ("h1", "Bridge closes")], "Bridge closes"),
        ([("text:header", "Bridge closes")], "Bridge closes"),
    ],
)  # fmt: skip
def test_the_title_is_the_headline(offers: list[tuple[str, str]], title: str) -> None:
    assert chosen("title", *offers).title == title


def test_the_chosen_place_stands_first_in_the_provenance() -> None:
    metadata = chosen("title", ("jsonld:headline", "B"), ("meta:og:title", "A"), ("h1", "A"))
    (provenance,) = [p for p in metadata.provenance if p.field == "title"]
    assert provenance.chosen_from == "h1"
    assert [c.origin for c in provenance.candidates] == ["h1", "jsonld:headline", "meta:og:title"]


@pytest.mark.parametrize(
    "home", ["https://www.herald.example", "/index.html", "https://herald.example/default.aspx", "/en/", "/?utm_source=x"]
)
def test_a_home_page_is_no_articles_canonical_url(home: str) -> None:
    assert chosen("canonical_url", ("link:canonical", home)).canonical_url == URL
    assert (
        chosen("canonical_url", ("link:canonical", home), ("meta:og:url", "/city/b")).canonical_url == "https://www.herald.example/city/b"
    )
    saved = chosen("canonical_url", ("link:canonical", home if "//" in home else f"https://www.herald.example{home}"), url=None)
    assert saved.canonical_url is None  # else all saved pages of a site whose template says so would be one article


def test_an_offset_beats_a_local_time_of_the_same_day() -> None:
    metadata = chosen(
        "published_at", ("jsonld:datePublished", "2024-01-02T10:00:00"), ("meta:article:published_time", "2024-01-02T10:00:00+09:00")
    )
    assert metadata.published is not None
    assert metadata.published.at.isoformat() == "2024-01-02T10:00:00+09:00"
    assert metadata.published.tz_from is ZoneFrom.EXPLICIT


def test_another_day_does_not_refine_a_date() -> None:
    metadata = chosen("published_at", ("jsonld:datePublished", "2024-01-02"), ("time_tag", "2024-01-03T10:00:00Z"))
    assert metadata.published is not None
    assert metadata.published.precision is Precision.DAY


def test_only_the_first_time_on_the_page_refines_a_date() -> None:
    offers = [("meta:date", "2024-01-02"), ("time_tag", "2023-12-24T10:00:00Z"), ("time_tag", "2024-01-02T10:00:00Z")]
    metadata = chosen("published_at", *offers)
    assert metadata.published is not None
    assert metadata.published.precision is Precision.DAY


def test_the_day_of_the_url_comes_last() -> None:
    metadata = chosen("published_at", ("url", "2024-01-02"), ("time_tag", "2024-01-05T10:00:00Z"))
    assert metadata.published is not None
    assert metadata.published.at.day == 5


def test_what_is_no_date_is_passed_over() -> None:
    metadata = chosen("published_at", ("jsonld:datePublished", "soon"), ("time_tag", "2024-01-05T10:00:00Z"))
    assert metadata.published is not None
    assert next(p for p in metadata.provenance if p.field == "published_at").chosen_from == "time_tag"


def test_nothing_was_changed_before_it_was_published() -> None:
    candidates = {
        "published_at": (FieldCandidate("jsonld:datePublished", "2024-01-05T10:00:00Z"),),
        "modified_at": (FieldCandidate("jsonld:dateModified", "2023-01-05T10:00:00Z"),),
    }
    assert choose(candidates, page_url=URL, rules=SourceRules(), detected_language=None).modified is None


@pytest.mark.parametrize(
    ("offers", "names"),
    [
        ([("meta:article:author", "https://social.example/jane"), ("byline", "By Jane Roe")], ("Jane Roe",)),
        ([("jsonld:author", "Herald"), ("byline", "By Jane Roe")], ("Jane Roe",)),
        ([("jsonld:author", "Herald"), ("byline", "jro")], ("Herald",)),
        ([("jsonld:author", "Jane Roe"), ("byline", "John Doe")], ("Jane Roe",)),
        ([("text:byline", "By Jane Roe and John Doe")], ("Jane Roe", "John Doe")),
    ],
)
def test_authors_come_from_the_most_trusted_place_that_names_a_person(offers: list[tuple[str, str]], names: tuple[str, ...]) -> None:
    assert chosen("authors", *offers).authors == names


def test_a_section_is_not_the_home_page() -> None:
    assert chosen("section", ("jsonld:breadcrumb", "Startseite"), ("jsonld:breadcrumb", "Politik")).section == "Politik"


@pytest.mark.parametrize(
    ("stated", "section"), [("World,Asia", "World"), ("World, Asia, China", "World"), ("Arts, Culture", "Arts, Culture"), ("Home", None)]
)
def test_of_a_list_of_sections_the_first_counts(stated: str, section: str | None) -> None:
    assert chosen("section", ("jsonld:articleSection", stated)).section == section


def test_topics_come_from_a_place_that_has_several() -> None:
    metadata = chosen("topics", ("jsonld:keywords", "bridge harbour city"), ("meta:keywords", "bridge"), ("meta:keywords", "Harbour"))
    assert metadata.topics == ("bridge", "Harbour")


def test_a_summary_is_more_than_the_title_again() -> None:
    assert (
        chosen("summary", ("meta:description", "Short"), ("meta:og:description", "Long enough to say something.")).summary
        == "Long enough to say something."
    )


@pytest.mark.parametrize(
    ("tag", "code"), [("de-AT", "de"), ("pt_BR", "pt"), ("iw", "he"), ("EN", "en"), ("eng", "en"), ("English", None), ("", None)]
)
def test_a_language_tag_gives_its_language(tag: str, code: str | None) -> None:
    assert primary_tag(tag) == code


def test_the_text_beats_the_template() -> None:
    declared = [FieldCandidate("html:lang", "en-US")]
    german = "Der Stadtrat hat am Montag beschlossen, die Brücke am Hafen bis zum Sommer zu sperren und zu erneuern."
    assert detect_language(german) == "de"
    assert choose_language(declared, "de", None) == ("de", "text:detected")
    assert choose_language(declared, None, "de") == ("en", "html:lang")
    assert choose_language([FieldCandidate("html:lang", "nb-NO")], "no", None) == ("nb", "html:lang")
    assert choose_language([], None, "fr") == ("fr", "source")
    assert choose_language([], None, None) == (None, "")


NEWS = {
    "en": "The council has voted to close the bridge at the harbour, which was built in 1931, and to renew it from the ground.",
    "de": "Der Stadtrat hat am Montag beschlossen, die Brücke am Hafen bis zum Sommer zu sperren und für eine Million zu erneuern. "
    "Das wird nicht billig, sagte auch die Bürgermeisterin nach der Sitzung.",
    "fr": "Le conseil a voté lundi la fermeture du pont, qui date de 1931, pour des travaux. Les riverains sont inquiets, mais ces "
    "travaux ont été promis par la maire dans une lettre.",
    "es": "El consejo votó el lunes cerrar el puente del puerto hasta el verano y renovarlo. Los vecinos y las empresas también protestan, "
    "pero la obra fue prometida según la alcaldesa.",
    "it": "Il consiglio ha votato lunedì la chiusura del ponte, che è del 1931, per lavori. Gli abitanti non sono contenti della scelta.",
    "pt": "O conselho votou na segunda-feira o fecho da ponte, que não é renovada desde 1931. Os moradores também são contra, pela demora, "
    "e pedem uma reunião com a presidente.",
    "nl": "De raad heeft maandag besloten de brug bij de haven niet te sluiten. Voor de bewoners zijn er ook een veer en een bus.",
}
NEIGHBOURS = {
    "de": [
        "Byrådet har mandag besluttet at lukke broen ved havnen til sommeren, og den skal fornyes for en million. Det er ikke billigt, "
        "sagde borgmesteren efter mødet, der varede i tre timer.",
        "De Conseil huet e Méindeg decidéiert, d'Bréck beim Hafen bis zum Summer zouzemaachen. Dat gëtt net bëlleg, sot d'Buergermeesch"
        "tesch nach no der Sitzung, an d'Awunner mussen aus dem Quartier bei de Bus goen.",
    ],
    "es": [
        "El consell va votar dilluns tancar el pont del port fins a l'estiu i renovar-lo. Els veïns i les empreses protesten també, però "
        "l'obra va ser promesa segons l'alcaldessa."
    ],
    "pt": [
        "O consello votou o luns pechar a ponte do porto ata o verán e renovala. Os veciños e as empresas tamén protestan, pero a obra "
        "foi prometida segundo a alcaldesa, que non quixo falar.",
        "El consell ha votat tancar el pont en el seu barri com a mesura, i el seu alcalde diu que com sempre el veïnat ho sabia.",
    ],
    "nl": [
        "Die raad het Maandag besluit om die brug by die hawe nie te sluit nie. Vir die inwoners is daar ook 'n veerboot en 'n bus na "
        "die stad, het die burgemeester voor die vergadering gesê."
    ],
    "en": ["De raad van de gemeente heeft besloten of de brug dicht gaat of niet, en of er dan een veer komt of een bus."],
    "it": ["U cunsigliu hà vutatu luni di chjode u ponte di u portu sinu à l'estate. Hè più caru chè prima, è a ghjente ùn hè cuntenta."],
}


@pytest.mark.parametrize("language", NEWS)
def test_function_words_confirm_what_the_page_declares(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert detect_language(NEWS[language]) == language
    monkeypatch.setattr("ingest.extract.metadata.language._detected", lambda _: "nobody asked")
    assert detect_language(NEWS[language], language) == language
    assert {detect_language(text, language) for other, text in NEWS.items() if other != language} == {"nobody asked"}
    assert {detect_language(text, language) for text in NEIGHBOURS.get(language, ())} <= {"nobody asked"}


@pytest.mark.parametrize("text", ["", "Jane Roe", "1234567890 " * 20, "\ud800" * 100])
def test_an_unsure_detector_says_nothing(text: str) -> None:
    assert detect_language(text) is None


@pytest.mark.parametrize(
    "written", ["2026-02-30T10:00:00Z", "0000-00-00", "2150-01-01", "9999-12-31T23:59:59+00:00", "-0001-11-30T00:00:00+00:00", "30.2.2026"]
)
def test_a_date_that_cannot_be_is_kept_as_it_is_written(written: str) -> None:
    metadata = chosen("published_at", ("text:date", "1234 words"), ("jsonld:datePublished", written))
    assert (metadata.published, metadata.impossible_date) == (None, written)
    [provenance] = [p for p in metadata.provenance if p.field == "published_at"]
    assert provenance.chosen_from == "jsonld:datePublished"


@pytest.mark.parametrize(
    "offers",
    [
        [("time_tag", "2 hours ago")],
        [("text:date", "2026-02-30")],
        [("url", "2026/02/30")],
        [("jsonld:datePublished", "2026-02-30"), ("time_tag", "2026-03-01")],
    ],
)
def test_what_is_no_date_is_none_and_another_place_may_have_one(offers: list[tuple[str, str]]) -> None:
    assert chosen("published_at", *offers).impossible_date is None
