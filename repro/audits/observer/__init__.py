"""What is loaded into a person's own process: it watches draws, seeds and training steps, and can pin them.

It runs under the person's own interpreter, so it imports the standard library alone, and every hook gives way: if a
name has gone, the script continues and the hook is recorded as inactive. It changes no bit of what a script computes
unless a pin says so. What starts runs, compares or reports does not belong here.
"""
