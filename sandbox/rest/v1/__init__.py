"""REST v1: snake_case JSON, numeric ids, lists with limit and offset."""
