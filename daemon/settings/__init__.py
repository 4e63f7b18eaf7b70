"""One frozen `Settings`, where its values come from, and how they are shown."""
