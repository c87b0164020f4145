"""What a migration would be."""

with open("index.html", "w") as page:
    page.write("migrated\n")
print("migrated")
