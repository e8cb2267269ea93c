import duckdb

base = duckdb.connect()
base.execute("SET threads TO 1; SELECT setseed(0.5)")
print(
    base.execute("SELECT list(n ORDER BY n) FROM (SELECT range n FROM range(20) ORDER BY random() LIMIT 5)").fetchall()
)
