"""Stands in for a migration."""

with open("index.html", "w") as page:
    page.write("migrated\n")
print("migrated")
