from foretype.cli import main

main()
