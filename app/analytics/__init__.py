"""Analytics: counts kept exact by the database, and the statistics read from them."""
