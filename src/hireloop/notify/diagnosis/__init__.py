"""Checks of the ways to reach people, before anybody has to be reached: no message is sent."""
