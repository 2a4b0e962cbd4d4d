class CartCell(:
