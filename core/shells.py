"""What a shell needs to know to draw the frame around a page."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NavigationItem:
    label: str
    href: str
    icon: str | None = None
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class NavigationSection:
    items: list[NavigationItem]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """The context of templates/shells/*: one for the console and for both portals."""

    merchant_name: str
    navigation: list[NavigationSection] = field(default_factory=list)
    switcher: list[tuple[str, str, bool]] = field(default_factory=list)
    user_name: str = ""
    user_initials: str = ""
    user_note: str = ""
    search_href: str = ""
    search_query: str = ""
    home_href: str = "/"
    # Shown at the right of the top bar, for example "3 exports running".
    notice: str = ""
    notice_href: str = ""
    # Further entries of the user's menu, as (label, address).
    account_links: list[tuple[str, str]] = field(default_factory=list)
    # Where "Sign out" posts to; empty takes the ordinary sign-out of accounts.
    sign_out_href: str = ""
    # A merchant's own logo and colours (an address of a style sheet).
    logo_href: str = ""
    theme_href: str = ""
