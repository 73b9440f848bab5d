"""The ground every product stands on; nothing in here knows a product."""
