using GitOps.Agent.Host.Commands;

return await RootCommands.InvokeAsync(args);
