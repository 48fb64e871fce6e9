"""Who we are in Azure: `chain.AzureIdentity` gives tokens to Azure's SDKs, from what the surroundings offer."""
