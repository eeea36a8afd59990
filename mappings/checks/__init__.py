"""Is what is set and mapped really there?"""
