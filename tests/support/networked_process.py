"""`inboxray` in the network that the environment names."""

from tests.support.own_network import enter_named_network


def main():
    enter_named_network()
    from daemon.cli.program import main as program

    program()


if __name__ == "__main__":
    main()
