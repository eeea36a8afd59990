"""Pages: shops and their keys to edit; deliveries, orders and all else that shops tell, to read.

`config.admin` puts them on the site.
"""
