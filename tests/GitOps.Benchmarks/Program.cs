return await GitOps.Benchmarks.BenchCommand.Root().Parse(args).InvokeAsync();
