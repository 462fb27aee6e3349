"""The counters that commands raise once their transaction is committed (contract, section 6)."""

from prometheus_client import Counter

insights_created = Counter("insights_created_total", "Insights created")
insights_updated = Counter("insights_updated_total", "Insights updated")
insights_deleted = Counter("insights_deleted_total", "Insights deleted")
