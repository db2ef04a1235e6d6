"""What an environment costs on AWS: list prices times what its templates hold.

Pure functions of templates, prices and stated assumptions. Free tiers, discounts and taxes are left
out, because they belong to an account and not to a template.
"""
