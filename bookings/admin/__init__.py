"""Pages of a booking source: its settings, hosts, tracking code and personalised links.

`config.admin` puts them on the site.
"""
