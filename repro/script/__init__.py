"""The experiment as a stand-alone script to take home.

What runs the script does not belong here.

Offers: `script`.
"""
