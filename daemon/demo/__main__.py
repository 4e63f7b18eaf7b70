"""``python -m daemon.demo`` runs the demo."""

from daemon.demo.demo import main

if __name__ == "__main__":
    main()
