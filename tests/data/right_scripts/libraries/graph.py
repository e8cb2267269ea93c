import networkx

graph = networkx.gnp_random_graph(20, 0.2, seed=6)
print(sorted(graph.edges), networkx.spring_layout(graph, seed=1)[0].tolist())
