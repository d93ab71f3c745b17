"""The platform pages: Django's admin for the people who run Backhaul, never for a merchant."""
