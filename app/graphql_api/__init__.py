"""The knowledge base over GraphQL, in Hasura's dialect: an operation becomes one SQL statement, whose result is the
JSON of the answer.

The way through: `rest` -> `execution` -> `language` (documents, variables) -> `compiler` -> Postgres.
"""
