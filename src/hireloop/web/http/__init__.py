"""What every door does with HTTP itself: the request's host, the methods of a path, entity tags, refusals."""
