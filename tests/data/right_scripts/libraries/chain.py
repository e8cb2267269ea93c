import random

random.seed(1)
words = {"a": ["b", "c"], "b": ["a"], "c": ["a", "b"]}
for _ in range(3):
    word, said = "a", []
    for _ in range(6):
        said.append(word)
        word = random.choice(words[word])
    print(said)
