using GitOps.Cli;

return await GitOpsProgram.RunAsync(args);
