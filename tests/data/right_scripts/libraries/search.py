import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=3))
study.optimize(lambda trial: (trial.suggest_float("x", -3, 3) - 1) ** 2, n_trials=8)
print(study.best_params)
