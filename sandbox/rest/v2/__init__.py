"""REST v2: text ids, page tokens, filters and update masks, as in the vendor's OpenAPI file."""
