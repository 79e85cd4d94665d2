"""What a person does on the screens, step by step."""

import re
import secrets

from playwright.sync_api import Page, expect

PIN = "482915"
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


def new_phone() -> str:
    """A number that nobody has used."""
    return f"139{secrets.randbelow(10**8):08d}"


def enter_phone(page: Page, phone: str, *, seen: int = 0) -> None:
    """From the welcome screen through the code, which comes after `seen` other messages."""
    page.goto("/")
    page.get_by_role("link", name="Begin with your phone number").click()
    page.get_by_label("Phone number").fill(phone)
    page.get_by_role("button", name="Send the code").click()
    take_code(page, seen=seen)


def take_code(page: Page, *, seen: int = 0) -> None:
    """Take the code from the sandbox's inbox once it has come, after `seen` others."""
    page.get_by_role("button", name="Open sandbox SMS").click()
    # An older code may not be offered any more: that depends on how fast the screens before were.
    codes = page.get_by_role("dialog").get_by_role("listitem").filter(has_text=CODE)
    expect(codes).to_have_count(seen + 1)
    codes.last.get_by_role("button", name=re.compile(r"^Use \d{6}$")).click()


def enter_pin(page: Page, pin: str = PIN) -> None:
    """Type the PIN into whatever asks for it."""
    field = page.locator('input[type="password"]:visible').last
    expect(field).to_be_editable()
    field.press_sequentially(pin)


def open_wallet(page: Page, phone: str) -> None:
    """A new number, the terms, the PIN twice, and home."""
    enter_phone(page, phone)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Choose a six-digit PIN").first).to_be_visible()
    enter_pin(page)
    expect(page.get_by_text("Once more").first).to_be_visible()
    enter_pin(page)
    expect(page).to_have_url(re.compile("/home"))


def shown_balance(page: Page) -> str:
    """The balance on the wallet card, as text."""
    return page.get_by_role("region", name="Wallet").inner_text()
