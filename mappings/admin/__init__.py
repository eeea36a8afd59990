"""The pages of merchants, people and connections; `config.admin` puts them on the site."""
