using GitOps.Agent.Host.Commands;
using GitOps.Platform.Processes;

ServiceNotice.Prepare();
return await RootCommands.InvokeAsync(args);
