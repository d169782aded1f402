"""What each reason for dropping a block means, for the people who read it; ``docs/extraction.md`` holds the same table."""

from __future__ import annotations

from ingest.model import DropReason

REASONS = {
    DropReason.ADVERTISEMENT: "an advertiser's text, an advertisement marker",
    DropReason.AUTHOR: "a byline, a biography of the author",
    DropReason.BREADCRUMB: "the way from the home page to this one",
    DropReason.CAPTION: "a picture's or video's caption or credit",
    DropReason.COMMENT: "readers' comments and the invitation to write one",
    DropReason.COOKIE_NOTICE: "consent and privacy notices",
    DropReason.COPYRIGHT: "rights and imprint lines",
    DropReason.DATE: "a date line",
    DropReason.DUPLICATE: "the page says the same elsewhere",
    DropReason.FORM: "labels and options of a form",
    DropReason.HIDDEN: "text that the page hides",
    DropReason.LEARNED: "the source puts it into article after article (boilerplate.md)",
    DropReason.LINK_LIST: "mostly links: menus, tag lists",
    DropReason.MAILING_LIST: "an invitation to a newsletter or mailing list",
    DropReason.NAVIGATION: "menus, paging",
    DropReason.OUTSIDE: "text outside the part of the page that holds the article",
    DropReason.PUBLISHER: "the publisher's or site's name",
    DropReason.READ_MORE: "an interlude that sends the reader elsewhere",
    DropReason.RELATED: "headlines of other articles",
    DropReason.SECTION: "the name of the section",
    DropReason.SHARE: "share bars, follow-us lines",
    DropReason.SITE_CHROME: "the site's header, footer and sidebars",
    DropReason.SITE_RULE: "what a rule for this site drops",
    DropReason.SUBSCRIPTION: "subscription and registration walls",
    DropReason.SUBTITLE: "the standfirst, which the field `subtitle` holds",
    DropReason.TITLE: "the headline, which the field `title` holds",
    DropReason.WIDGET: "players, polls, tickers, embeds",
}
