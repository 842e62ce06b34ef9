"""The networks: CS-UNet and those that it is compared with."""
