using GitOps.Reconciler.Rendering.Functions;
using Scriban.Runtime;

namespace GitOps.Reconciler.Rendering;

/// <summary>Every function a template may call, under the names Scriban's documentation gives them.</summary>
internal static class Builtins
{
    /// <summary>A new object, because a context keeps it; read-only all the way down.</summary>
    public static ScriptObject Create()
    {
        var builtins = Empty();
        builtins.SetValue("string", Group("string", TextFunctions.All), readOnly: true);
        builtins.SetValue("array", Group("array", ListFunctions.All), readOnly: true);
        builtins.SetValue("math", Group("math", NumberFunctions.All), readOnly: true);
        builtins.SetValue("object", Group("object", ObjectFunctions.All), readOnly: true);
        builtins.SetValue("secret", new PureFunction("secret", ["path"], 1, SecretFunction.Hole), readOnly: true);
        builtins.IsReadOnly = true;
        return builtins;
    }

    private static ScriptObject Group(
        string name, IReadOnlyList<(string Name, string[] Parameters, int Required, Func<Call, object?> Body)> functions)
    {
        var group = Empty();
        foreach (var (function, parameters, required, body) in functions)
        {
            group.SetValue(function, new PureFunction($"{name}.{function}", parameters, required, body), readOnly: true);
        }

        group.IsReadOnly = true;
        return group;
    }

    // Without the flag Scriban looks for static methods to import, by reflection.
    private static ScriptObject Empty() => new(0, autoImportStaticsFromThisType: false);
}
