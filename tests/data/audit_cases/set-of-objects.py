class Item:
    def __init__(self, value):
        self.value = value


items = {Item(n) for n in range(2000)}
print("order", sum(place * item.value for place, item in enumerate(items)))
