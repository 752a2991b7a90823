"""The OpenAPI document, made from the types, and as one page for people."""
