using System.CommandLine;

namespace GitOps.Cli.Commands;

/// <summary>Arguments that several commands take.</summary>
internal static class Arguments
{
    public static Argument<string> Repository()
    {
        var path = new Argument<string>("path")
        {
            Description = "folder of the fleet repository",
            DefaultValueFactory = _ => ".",
        };
        path.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } folder && !Directory.Exists(folder))
            {
                result.AddError($"there is no folder '{folder}'");
            }
        });
        return path;
    }
}
