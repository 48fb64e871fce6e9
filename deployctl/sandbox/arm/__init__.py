"""Microsoft Entra's token endpoints and the calls of Azure Resource Manager that build and import images."""
